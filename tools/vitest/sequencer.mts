import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that need what takes minutes to build where it is missing: an engine, a control plane. */
const needParts = new RegExp(
  "^test/(engine|emergency|jobs|kubelet|charts|cluster/kubernetes|rollout/(pods|update)|tools/parts)/" +
    "|^test/(cli/examples|prose|transfer/as-jobs|workflows/release)",
);

/** Files that take a minute or more each: they begin first, so that nobody waits for them in the end. */
const longest = /^test\/(jobs\/run|stand-in\/(order|walk)|transfer\/kill|cli\/usage)\.test\.ts$/;

/**
 * The order of the files: the longest, those with an engine or a control plane, then the short ones, which
 * fill what time is left on each worker. While parts are being built, what needs one comes last.
 */
export class Sequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const nameOf = ({ moduleId }: TestSpecification) => relative(this.ctx.config.root, moduleId);
    const isBuilding = process.env.TEST_PARTS === "building";
    const rankOf = (file: TestSpecification): number => {
      const [isLong, needsPart] = [longest, needParts].map((one) => one.test(nameOf(file)));
      if (isBuilding) return (needsPart ? 2 : 0) + (isLong ? 0 : 1);
      if (isLong) return 0;
      return needsPart ? 1 : 2;
    };
    return sorted.sort((a, b) => rankOf(a) - rankOf(b));
  }
}
