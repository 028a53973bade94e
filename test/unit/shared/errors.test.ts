import { expect, test } from "vitest";
import * as errors from "../../../shared/errors.ts";
import { messageOf, ProviderUnavailableError } from "../../../shared/errors.ts";

test("every error has its literal name: Step Functions matches on it", () => {
  const classes = Object.entries(errors).filter(([name]) => name.endsWith("Error"));
  expect(classes.length).toBeGreaterThan(3);
  for (const [name, type] of classes) {
    const error = new (type as new (message: string) => Error)("why");
    expect([error.name, error.message, Object.hasOwn(error, "name")]).toEqual([name, "why", true]);
    expect(error).toBeInstanceOf(Error);
  }
});

test("an unavailable provider: nothing is lost unless it says so", () => {
  expect(new ProviderUnavailableError("x")).toMatchObject({ ambiguous: false, retryAfterSeconds: undefined });
  const cause = new Error("cut");
  expect(new ProviderUnavailableError("x", { cause, ambiguous: true, retryAfterSeconds: 5 })).toMatchObject({
    cause,
    ambiguous: true,
    retryAfterSeconds: 5,
  });
});

test("the message of anything thrown", () => {
  expect([new Error("a"), "b", 3, undefined].map(messageOf)).toEqual(["a", "b", "3", "undefined"]);
});
