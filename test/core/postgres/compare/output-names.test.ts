import { expect, test } from "vitest";
import { withoutChosenNames } from "../../../../core/postgres/compare/output-names.ts";

test.each([
  ["SELECT 'done'::text AS text;", "SELECT 'done'::text;"],
  [
    'SELECT 1::numeric(5,2) AS "numeric", \'a\'::character varying(3) AS "varchar"',
    "SELECT 1::numeric(5,2), 'a'::character varying(3)",
  ],
  [
    'SELECT a::timestamp without time zone AS "timestamp", b::integer[] AS int4',
    "SELECT a::timestamp without time zone, b::integer[]",
  ],
  ["SELECT 'sad'::public.mood AS mood", "SELECT 'sad'::public.mood"],
])("leaves out a name that the server would choose: %s", (body, left) => {
  expect(withoutChosenNames(body)).toBe(left);
});

test.each([
  "SELECT 'it''s ''x''::text AS text'::text AS said",
  "SELECT 'done'::text AS done",
  "SELECT n AS text",
  "SELECT 1::integer AS integer",
])("keeps a name that says something: %s", (body) => {
  expect(withoutChosenNames(body)).toBe(body);
});
