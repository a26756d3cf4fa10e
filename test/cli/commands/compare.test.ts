import { expect, it } from "vitest";
import { holdfast, RESTORE_POINT_ID } from "../support/fakes.ts";

it("compares without owners and privileges what was restored without them", async () => {
  const command = ["compare", RESTORE_POINT_ID, "--source", "shop", "--to", "staging"];
  const { started } = await holdfast([...command, "--no-owner", "--no-privileges"]);
  expect(started).toMatchObject([{ input: { options: { target: "staging", noOwner: true, noPrivileges: true } } }]);
  const [{ input } = { input: {} }] = (await holdfast(command)).started;
  expect((input as { options: object }).options).not.toHaveProperty("noOwner");
});
