/** `nightshift completion`: what a shell needs to complete the command's words. */
import { Argument, type Command } from "commander";
import { EXIT } from "../exit-codes.ts";
import { print } from "../output/safe-text.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

const AFTER_HELP = `
Put it where your shell starts:
  bash  echo 'eval "$(nightshift completion bash)"' >> ~/.bashrc
  zsh   echo 'eval "$(nightshift completion zsh)"' >> ~/.zshrc
  fish  nightshift completion fish > ~/.config/fish/completions/nightshift.fish`;

/** Declares `completion`'s argument. `all`: every command of the program, with its options. */
export function declareCompletion(
  bare: Command,
  end: (code: number) => void,
  all: () => Promise<readonly Command[]>,
): void {
  bare
    .addArgument(new Argument("<shell>", "whose words are completed").choices(SHELLS))
    .addHelpText("after", AFTER_HELP)
    .action(async (shell: (typeof SHELLS)[number]) => {
      const commands = (await all()).map(wordsOf);
      print(shell === "fish" ? fishScript(commands) : bashScript(commands, shell === "zsh"));
      end(EXIT.ok);
    });
}

/** What can stand after a command. All of it is text of this program: words, and `--flag`s. */
interface Words {
  command: string;
  what: string;
  options: { flag: string; what: string; choices: readonly string[] }[];
}

function wordsOf(command: Command): Words {
  const options = command.options.filter(({ hidden, long }) => !hidden && long);
  return {
    command: command.name(),
    what: command.description(),
    options: [
      ...options.map(({ long, description, argChoices }) => {
        return { flag: long as string, what: description, choices: argChoices ?? [] };
      }),
      { flag: "--help", what: "print help", choices: [] },
    ],
  };
}

/** Files are completed wherever no word of the command's fits. zsh runs it by its own emulation of bash's. */
function bashScript(commands: Words[], zsh: boolean): string {
  const names = commands.map(({ command }) => command).join(" ");
  const values = commands.flatMap(({ command, options }) =>
    options
      .filter(({ choices }) => choices.length > 0)
      .map(({ flag, choices }) => `    "${command} ${flag}") words="${choices.join(" ")}" ;;`),
  );
  const flags = commands.map(
    ({ command, options }) => `      ${command}) words="${options.map(({ flag }) => flag).join(" ")}" ;;`,
  );
  return `${zsh ? "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" : ""}_nightshift() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  case "\${COMP_WORDS[1]} $before" in
${values.join("\n")}
    *)
      if [ "$COMP_CWORD" -eq 1 ]; then words="${names} help"
      elif [ "\${word#-}" != "$word" ]; then case "\${COMP_WORDS[1]}" in
${flags.join("\n")}
      esac; fi ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _nightshift nightshift`;
}

function fishScript(commands: Words[]): string {
  const text = (words: string) => `'${words.replace(/[\\']/g, "\\$&")}'`;
  const lines = commands.flatMap(({ command, what, options }) => [
    `complete -c nightshift -n __fish_use_subcommand -a ${command} -d ${text(what)}`,
    ...options.map(({ flag, what, choices }) => {
      const values = choices.length > 0 ? ` -x -a ${text(choices.join(" "))}` : "";
      return `complete -c nightshift -n '__fish_seen_subcommand_from ${command}' -l ${flag.slice(2)}${values} -d ${text(what)}`;
    }),
  ]);
  return lines.join("\n");
}
