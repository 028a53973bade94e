/** In place of `bowser`, in Lambdas: the SDK loads it to name a browser. */
throw new Error("a Lambda is no browser");

export {};
