/**
 * Metrics as log lines in CloudWatch's embedded format: no call to AWS, nothing that could hold up or fail the work.
 * @module
 */
import { Metrics } from "@aws-lambda-powertools/metrics";
import {
  type DimensionSet,
  dimensionSets,
  type Figures,
  type MetricName,
  metrics as metricTable,
  NAMESPACE,
} from "../../core/config/metrics.ts";
import type { RunFigures } from "../../core/runs/figures.ts";
import { logger } from "./logger.ts";

/** Values of the dimensions a figure may be told by; a set of which one is missing is left out. */
export interface DimensionValues {
  readonly installation: string;
  readonly source?: string;
  readonly kind?: string;
  readonly error?: string;
}

/** One line per set of dimensions; `runId` is beside them, so that the line is found with all others of its run. */
export function publish(figures: Figures, values: DimensionValues, runId: string | undefined): void {
  const metrics = new Metrics({ namespace: NAMESPACE });
  // Powertools would add the function's name, and with it as many metrics more as there are functions.
  metrics.clearDefaultDimensions();
  for (const set of Object.keys(dimensionSets) as DimensionSet[]) {
    const told = (Object.entries(figures) as [MetricName, number][]).filter(([name]) => isPer(name, set));
    const dimensions = dimensionSets[set].map((name) => [name, values[name]] as const);
    if (told.length === 0 || dimensions.some(([, value]) => value === undefined)) continue;
    for (const [name, value = ""] of dimensions) metrics.addDimension(name, value);
    for (const [name, value] of told) metrics.addMetric(name, metricTable[name].unit, value);
    if (runId !== undefined) metrics.addMetadata("runId", runId);
    metrics.publishStoredMetrics();
  }
}

function isPer(name: MetricName, set: DimensionSet): boolean {
  return (metricTable[name].per as readonly DimensionSet[]).includes(set);
}

/** The end of a run, as a line and as figures. */
export function measureRun(installation: string): (ended: RunFigures) => void {
  return ({ figures, runId, kind, source, status, error, line }) => {
    logger.info("run ended", { status, line });
    publish(figures, { installation, kind, source, ...(error === undefined ? {} : { error }) }, runId);
  };
}
