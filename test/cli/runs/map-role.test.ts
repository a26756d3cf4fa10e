import { Command } from "commander";
import { expect, test } from "vitest";
import { withMappedRoles } from "../../../cli/runs/map-role.ts";

function mapped(...args: string[]): unknown {
  const command = withMappedRoles(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return command.parse(args, { from: "user" }).opts().mapRole;
}

test("takes as many roles as are given, each by what stands before the first =", () => {
  expect(mapped("--map-role", "postgres=app", "--map-role", "old=a=b")).toEqual({ postgres: "app", old: "a=b" });
  expect(mapped()).toBeUndefined();
});

test.each(["postgres", "=app", "postgres=", ""])("refuses %j, which is no pair", (written) => {
  expect(() => mapped("--map-role", written)).toThrow("allowed is old=new");
});

test("refuses two names for one role", () => {
  expect(() => mapped("--map-role", "a=b", "--map-role", "a=c")).toThrow("role a is mapped twice");
});
