import * as pulumi from "@pulumi/pulumi";

/**
 * Says in previews too that a stack without the section `backfill` has no way back of its state. Whether
 * the services worked on MongoDB before is in the state of steps that go with the section.
 *
 * @param step where the warning is shown
 */
export function warnOfNoExport(step: pulumi.Resource): void {
  void pulumi.log.warn(
    "There is no section `backfill`: nothing is exported from MongoDB, and no unfinished run is set " +
      "aside. If the services work on MongoDB now, the worker would go on from files that are as " +
      "old as the cutover, and repeat steps. Put the section back and run `pulumi up` with " +
      "`storageMode: mongo`, which draws the fence anew; go back after that.",
    step,
  );
}
