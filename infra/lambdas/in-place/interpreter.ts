/**
 * In the command's bundle, in place of the interpreter's client of Lambda and its check of a definition. The engine
 * gives it a handler for each task, and a definition that was checked where it was made. To load them took a tenth of
 * the CPU of a job of 1,000 items.
 */
function unused(): never {
  throw new Error("the interpreter has no client of AWS and no validator of definitions");
}

export {
  unused as default,
  unused as fromCognitoIdentityPool,
  unused as InvokeCommand,
  unused as LambdaClient,
};
