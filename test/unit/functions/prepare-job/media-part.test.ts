import { expect, test } from "vitest";
import { mediaName } from "../../../../functions/prepare-job/media-part.ts";

test("a file's name is the command's, or as others write it", () => {
  expect(mediaName("data:image/png;name=a%2Fb%20c.png;base64,AA")).toBe("a/b c.png");
  expect(mediaName("data:image/png;name=50%.png;base64,AA")).toBe("50%.png");
  expect(mediaName("data:image/png;base64,AA")).toBeUndefined();
});
