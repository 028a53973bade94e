/**
 * The YAML reader, for who loads it when it is needed. Bundled, `import("yaml")` itself has no names but `default`: the package
 * is CommonJS.
 */
export { parse, YAMLParseError } from "yaml";
