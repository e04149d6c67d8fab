import * as pulumi from "@pulumi/pulumi";
import { byRole, type CollectionRole } from "../contract";
import type { StepTimes } from "../step/program";
import { timelineFrom, type Amount, type Timeline } from "./timeline";

/** A row of the runbook that knows when it was done. */
interface Done {
  readonly times: pulumi.Output<StepTimes | undefined>;
}

/** How much of each kind a report counts, and the bytes of the files. */
interface Report<Count extends string> extends Record<CollectionRole, Record<Count, number>> {
  readonly bytes: number;
}

/** The steps that a change of the storage mode goes through. */
export interface TimelineArgs {
  readonly imported: Done & { readonly counts: pulumi.Output<Report<"read"> | null> };
  readonly drain: Done;
  readonly handover: Done & {
    readonly rollback: pulumi.Output<{ readonly exported?: Report<"written"> } | null>;
  };
  readonly worker: Done;
  readonly web: Done;
  readonly verified: Done;
}

/** When the last cutover and the last rollback came how far, and how much went over. */
export function timelineOf(steps: TimelineArgs): pulumi.Output<Timeline> {
  const { imported, drain, handover, worker, web, verified } = steps;
  const times = [imported, drain, handover, worker, web, verified].map((step) => step.times);
  return pulumi
    .all([pulumi.all(times), imported.counts, handover.rollback])
    .apply(([[imported, drain, handover, worker, web, verified], report, rollback]) =>
      timelineFrom({
        ...{ imported, drain, handover, worker, web, verified },
        imports: amountOf(report, "read"),
        exports: amountOf(rollback?.exported, "written"),
      }),
    );
}

function amountOf<Count extends string>(
  report: Report<Count> | null | undefined,
  count: Count,
): Amount | undefined {
  if (!report) return undefined;
  return { counts: byRole((role) => report[role][count]), bytes: report.bytes };
}
