/** Another run has raised a round's fence: nothing more that this one does counts. It ends the run, and crosses no Lambda boundary. */
export class TakenOverError extends Error {
  override name = "TakenOverError";
  constructor() {
    super("another run has taken the round over");
  }
}
