import { describe, expect, it } from "vitest";
import { defineConfig, type HoldfastConfigInput, parseConfig } from "../../../core/config/index.ts";
import { ConfigurationError } from "../../../core/errors.ts";

const shop = { kind: "postgres", connection: "shop-read" } as const;
const minimal = { configVersion: 1, installation: "prod", sources: { shop } } as const satisfies HoldfastConfigInput;

function complaint(input: unknown): string {
  try {
    parseConfig(input);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return "accepted";
}

const withSource = (change: object) => ({ ...minimal, sources: { shop: { ...shop, ...change } } });

describe("a configuration", () => {
  it("is completed with defaults", () => {
    expect(defineConfig(minimal)).toMatchObject({
      vault: {
        retainOnDelete: true,
        lifecycle: { infrequentAccessAfterDays: 30, glacierAfterDays: 90, deepArchiveAfterDays: 365 },
      },
      networks: {},
      targets: {},
      alerts: { emails: [] },
      limits: { longestRunMinutes: 60 },
      sources: {
        shop: {
          schedules: {},
          retention: { days: 30 },
          compression: { codec: "zstd", level: 3 },
          concurrency: 4,
          chunkBytes: 268_435_456,
          lockWaitSeconds: 60,
        },
      },
    });
  });

  it("survives a round trip through JSON unchanged", () => {
    const config = defineConfig(minimal);
    expect(parseConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
  });

  it("takes a default in UTC for a schedule that gives only its expression", () => {
    const { sources } = parseConfig(withSource({ schedules: { nightly: { expression: "cron(0 2 * * ? *)" } } }));
    expect(sources.shop?.schedules).toEqual({
      nightly: { expression: "cron(0 2 * * ? *)", timeZone: "UTC", enabled: true },
    });
  });
});

describe("a faulty configuration is refused with field, got and allowed", () => {
  const faults: [string, unknown, string][] = [
    ["nothing at all", undefined, "the configuration is missing, allowed is an object with"],
    ["another version", { ...minimal, configVersion: 2 }, "configVersion is 2, allowed is 1"],
    ["a misspelt field", withSource({ retenton: 3 }), "sources.shop.retenton is not a field, allowed are chunkBytes, "],
    ["an id in capitals", { ...minimal, installation: "Prod" }, 'installation is "Prod", allowed is an id like ^[a-z]'],
    [
      "a source under a bad id",
      { ...minimal, sources: { "1st": shop } },
      'sources.1st has the id "1st", allowed is an id like',
    ],
    [
      "a number out of bounds",
      withSource({ retention: { days: 0 } }),
      "sources.shop.retention.days is 0, allowed is a whole number from 1 to 36500",
    ],
    [
      "a text for a number",
      withSource({ concurrency: "4" }),
      'sources.shop.concurrency is "4", allowed is a whole number from 1 to 64',
    ],
    ["an unknown kind", withSource({ kind: "mysql" }), 'sources.shop.kind is "mysql", allowed is postgres'],
    ["an unknown codec", withSource({ compression: { codec: "lz4" } }), "sources.shop.compression.codec is"],
    [
      "a level zstd lacks",
      withSource({ compression: { codec: "zstd", level: 40 } }),
      "sources.shop.compression.level is 40, allowed is a whole number from 1 to 19",
    ],
    [
      "a network that is not there",
      withSource({ network: "office" }),
      'sources.shop.network is "office", allowed is none, for networks is empty',
    ],
    [
      "a lead longer than half a hold",
      withSource({ holdSeconds: 20, relayLeadSeconds: 11 }),
      "sources.shop.relayLeadSeconds is 11, allowed is at most half of holdSeconds, 10",
    ],
    [
      "less than 30 days in Infrequent Access",
      { ...minimal, vault: { lifecycle: { glacierAfterDays: 45 } } },
      "vault.lifecycle.glacierAfterDays is 45, allowed are at least 30 days more than infrequentAccessAfterDays, 60",
    ],
    [
      "less than 30 days there before Deep Archive",
      {
        ...minimal,
        vault: { lifecycle: { infrequentAccessAfterDays: 40, glacierAfterDays: null, deepArchiveAfterDays: 50 } },
      },
      "vault.lifecycle.deepArchiveAfterDays is 50, allowed are at least 30 days more than infrequentAccessAfterDays, 70",
    ],
    ["tiers out of order", { ...minimal, vault: { lifecycle: { glacierAfterDays: 400 } } }, "vault.lifecycle is"],
    [
      "a cron of five fields",
      withSource({ schedules: { nightly: { expression: "cron(0 2 * * *)" } } }),
      'sources.shop.schedules.nightly.expression is "cron(0 2 * * *)", allowed is cron(minutes hours',
    ],
    [
      "a cron with both days",
      withSource({ schedules: { nightly: { expression: "cron(0 2 1 * MON *)" } } }),
      "with ? in one of the two day fields",
    ],
    ["one hours", withSource({ schedules: { hourly: { expression: "rate(1 hours)" } } }), 'is "rate(1 hours)"'],
    [
      "a zone of nowhere",
      withSource({ schedules: { nightly: { expression: "rate(1 hour)", timeZone: "Mars/Base" } } }),
      'timeZone is "Mars/Base", allowed is an IANA time zone',
    ],
    [
      "a subnet's typo",
      {
        ...minimal,
        networks: { office: { vpcId: "vpc-0a1b2c3d", subnetIds: ["sub-1"], securityGroupIds: ["sg-0a1b2c3d"] } },
      },
      'networks.office.subnetIds.0 is "sub-1", allowed is the id of a subnet',
    ],
    [
      "a network called public",
      {
        ...minimal,
        networks: {
          public: { vpcId: "vpc-0a1b2c3d", subnetIds: ["subnet-0a1b2c3d"], securityGroupIds: ["sg-0a1b2c3d"] },
        },
      },
      "allowed is any id but public",
    ],
    [
      "every user of every database",
      withSource({ iam: { resourceId: "db-ABC", user: "*" } }),
      'sources.shop.iam.user is "*", allowed is the name of a database user',
    ],
    [
      "an instance by its name",
      withSource({ iam: { resourceId: "shop", user: "reader" } }),
      'sources.shop.iam.resourceId is "shop", allowed is the resource id of an instance (db-…)',
    ],
    [
      "an address without @",
      { ...minimal, alerts: { emails: ["ops"] } },
      'alerts.emails.0 is "ops", allowed is an e-mail address',
    ],
  ];

  it.each(faults)("%s", (_damage, input, message) => {
    expect(complaint(input)).toContain(message);
  });

  it("names every fault at once", () => {
    expect(complaint({ ...minimal, configVersion: 3, installation: "" }).split("\n")).toHaveLength(2);
  });

  it("does not repeat a connection string with its password", () => {
    const message = complaint(withSource({ connection: "postgres://me:hunter2@db/shop" }));
    expect(message).toContain("sources.shop.connection is a URL, allowed is the name of a connection");
    expect(message).not.toContain("hunter2");
  });
});
