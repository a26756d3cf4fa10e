import { afterAll, beforeAll, expect, test } from "vitest";
import { differences } from "../../support/identical.ts";
import { nativeTools } from "../../support/native.ts";
import { dropThemed, inDatabase, makeThemed, urlOf } from "../../support/themed.ts";
import { themes } from "../../themes/index.ts";
import { createVault, type TestVault } from "./support.ts";

let vault: TestVault;

beforeAll(async () => {
  await nativeTools();
  vault = await createVault();
});
afterAll(() => vault.remove());

const small = themes.filter(({ isLarge }) => isLarge !== true);

test.each(small)("$id comes back as it was", async (theme) => {
  const source = await makeThemed(theme);
  const copy = `${source.name}_copy`;
  try {
    const ref = await vault.backUp(source.url);
    const { warnings } = await vault.restore(ref, urlOf(source, "postgres"), {
      options: { create: true, database: copy },
    });
    expect(await differences(source.url, urlOf(source, copy), theme.judging)).toEqual([]);
    expect(warnings).toEqual((theme.warnings ?? []).map((warning) => expect.stringMatching(warning)));
    await inDatabase(copy, async (database) => theme.check?.(database));
  } finally {
    await dropThemed(theme, source, copy);
  }
});
