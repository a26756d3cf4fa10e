import { readFileSync } from "node:fs";
import path from "node:path";
import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { readDefinitions } from "../../infra/asl/definition.ts";
import { REPOSITORY } from "../../infra/bundle.ts";
import { alarms } from "../../infra/constructs/alarms.ts";
import { maximal, minimal, synthesize } from "./support/synthesized.ts";

const definitions = await readDefinitions(path.join(REPOSITORY, "statemachines"));
const small = synthesize(minimal, definitions).backups;
const large = synthesize(maximal, definitions).backups;

interface Alarm {
  readonly AlarmActions: readonly object[];
  readonly AlarmDescription: string;
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly Threshold: number;
  readonly TreatMissingData: string;
}
const alarmsOf = (template: typeof small) =>
  Object.values(template.findResources("AWS::CloudWatch::Alarm")).map(({ Properties }) => Properties as Alarm);
const sectionOf = ({ AlarmDescription }: Alarm) => /RUNBOOK\.md#([a-z-]+)$/.exec(AlarmDescription)?.[1] ?? "";

describe("alarms", () => {
  it("go to the alert topic, each naming the installation and its section of the runbook", () => {
    for (const alarm of alarmsOf(small)) {
      expect(JSON.stringify(alarm.AlarmActions)).toMatch(/Fn::ImportValue.*AlertsTopic/);
      expect(alarm.AlarmDescription).toMatch(/^Holdfast small: /);
      expect(Object.keys(alarms)).toContain(sectionOf(alarm));
      // Silence is no alarm here: nothing runs while nothing is backed up.
      expect(alarm.TreatMissingData).toBe("notBreaching");
    }
  });

  it("come from every row of the table", () => {
    expect([...new Set(alarmsOf(small).map(sectionOf))].sort()).toEqual(Object.keys(alarms).sort());
  });

  it("watch every state machine for failures and time-outs", () => {
    for (const section of ["run-failed", "run-timed-out"]) {
      const watched = alarmsOf(small).filter((alarm) => sectionOf(alarm) === section);
      expect(watched).toHaveLength(Object.keys(definitions).length);
      expect(new Set(watched.map(({ Dimensions }) => JSON.stringify(Dimensions))).size).toBe(watched.length);
    }
    large.hasResourceProperties("AWS::CloudWatch::Alarm", { MetricName: "ExecutionTime", Threshold: 90 * 60_000 });
  });

  it("watch the workers of every network", () => {
    const throttled = (template: typeof small) =>
      alarmsOf(template).filter((alarm) => sectionOf(alarm) === "workers-throttled");
    expect(throttled(small)).toHaveLength(2);
    expect(throttled(large)).toHaveLength(4);
  });

  it("sound before a function's time is over", () => {
    const near = alarmsOf(small).filter((alarm) => sectionOf(alarm) === "near-timeout");
    expect(near.map(({ AlarmDescription, Threshold }) => [/\((.*)\)/.exec(AlarmDescription)?.[1], Threshold])).toEqual(
      expect.arrayContaining([
        ["upload", 720_000],
        ["plan-dump", 720_000],
        ["judge", 240_000],
        ["judge-restore", 240_000],
        ["record", 48_000],
      ]),
    );
  });

  it("count calls that ended without an answer from Lambda's own lines", () => {
    small.hasResourceProperties("AWS::Logs::MetricFilter", {
      FilterPattern:
        '{ ($.type = "platform.report") && (($.record.status = "timeout") || ($.record.status = "failure")) }',
      MetricTransformations: [{ MetricNamespace: "Holdfast/small", MetricName: "FunctionDeaths", MetricValue: "1" }],
    });
  });

  it("have a section each in the runbook", () => {
    const runbook = readFileSync(path.join(REPOSITORY, "docs/RUNBOOK.md"), "utf8");
    const sections = new Set([...runbook.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading));
    expect(Object.keys(alarms).filter((section) => !sections.has(section))).toEqual([]);
  });
});

describe("the dashboard", () => {
  const [page] = Object.values(large.findResources("AWS::CloudWatch::Dashboard"));
  const text = JSON.stringify(page?.Properties.DashboardBody);

  it("has every source and every kind of run", () => {
    expect(page?.Properties.DashboardName).toBe("Holdfast-large");
    for (const source of Object.keys(maximal.sources ?? {})) {
      for (const kind of ["backup", "restore", "verify", "compare"]) expect(text).toContain(`${kind} of ${source}`);
    }
  });

  it("shows the last lines of runs, as the log has them", () => {
    expect(text).toContain("/aws/vendedlogs/holdfast/large/functions");
    expect(text).toContain("run ended");
  });

  it("can be left out", () => {
    const without = synthesize({ ...minimal, observability: { dashboard: false } }).backups;
    without.resourceCountIs("AWS::CloudWatch::Dashboard", 0);
  });
});

describe("logs", () => {
  it("are kept half a year, encrypted by CloudWatch, of level info", () => {
    const groups = Object.values(small.findResources("AWS::Logs::LogGroup"));
    expect(groups).toHaveLength(2);
    for (const group of groups) {
      expect(group.Properties.RetentionInDays).toBe(180);
      expect(group.Properties.KmsKeyId).toBeUndefined();
    }
    small.allResourcesProperties("AWS::Lambda::Function", {
      LoggingConfig: { LogFormat: "JSON", ApplicationLogLevel: "INFO", LogGroup: Match.anyValue() },
      TracingConfig: { Mode: "Active" },
    });
  });

  it("are as configured: days, level, key", () => {
    const logKeyArn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const observability = { logLevel: "debug", logRetentionDays: 30, logKeyArn } as const;
    const { backups, findings } = synthesize({ ...minimal, observability }, definitions);
    expect(findings).toEqual([]);
    backups.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 30, KmsKeyId: logKeyArn });
    backups.allResourcesProperties("AWS::Lambda::Function", { LoggingConfig: { ApplicationLogLevel: "DEBUG" } });
  });

  it("refuse days that CloudWatch does not have, naming those it has", () => {
    expect(() => synthesize({ ...minimal, observability: { logRetentionDays: 31 as 30 } })).toThrow(
      /1, 3, 5, 7, 14, 30, 60/,
    );
  });
});

describe("the installation's parameter", () => {
  const parameterOf = (template: typeof small) =>
    JSON.stringify(Object.values(template.findResources("AWS::SSM::Parameter"))[0]?.Properties.Value);

  it("names sources and connections, so that a wrong one is told at once", () => {
    expect(parameterOf(large)).toMatch(/names.*sources.*shop.*ledger.*connections.*shop-read.*drill-write/);
  });

  it("leaves them out before they fill it", () => {
    const sources = Object.fromEntries(
      Array.from({ length: 100 }, (_, n) => [`source-${n}`, { kind: "postgres" as const, connection: `read-${n}` }]),
    );
    expect(parameterOf(synthesize({ ...minimal, sources }).backups)).not.toContain("names");
  });
});
