/** Accounts whose balances add up to nothing at every moment, and nothing else does. */
import type { TestDatabase } from "../support/postgres.ts";
import { rowsIn } from "./vault.ts";

export const accounts = (count: number): readonly string[] => [
  "CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL, filler text NOT NULL)",
  `INSERT INTO account SELECT n, 0, repeat(md5(n::text), 7) FROM generate_series(1, ${count}) n`,
  "ANALYZE account",
];

/** Money moves between accounts, accounts come and go, all in transactions that keep the sum at zero. @returns how many */
export async function transferUntil(database: TestDatabase, count: number, isOver: () => boolean): Promise<number> {
  let transfers = 0;
  let account = 1;
  while (!isOver()) {
    account = (account * 7919) % count;
    const other = (account + 1 + (transfers % 1000)) % count;
    await database.query(
      `UPDATE account SET balance = balance + CASE id WHEN ${account + 1} THEN 5 ELSE -5 END
       WHERE id IN (${account + 1}, ${other + 1})`,
    );
    const extra = count + 1 + transfers;
    await database.query(`INSERT INTO account VALUES (${extra}, 7, 'x'), (${extra + 1_000_000}, -7, 'y')`);
    await database.query(`DELETE FROM account WHERE id IN (${extra}, ${extra + 1_000_000})`);
    transfers += 1;
  }
  return transfers;
}

/** What a restore point says of the accounts. */
export async function balanceIn(source: string, restorePointId: string) {
  const rows = await rowsIn(source, restorePointId, "account");
  const sum = rows.reduce((total, [, balance]) => total + Number(balance), 0);
  return { sum, accounts: new Set(rows.map(([id]) => id)).size, rows: rows.length };
}
