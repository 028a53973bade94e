/**
 * In the command's bundle, in place of what the interpreter of the state machine would call Lambda and check a definition with.
 * The engine gives it a handler for each task, and a definition that was checked where it was made. To load them took a
 * tenth of the CPU of a job of 1,000 items.
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
