import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that need what takes minutes to build where it is missing: an engine, a control plane. */
const needParts = new RegExp(
  "^test/(engine|emergency|jobs|kubelet|charts|rollout/pods|tools/parts)/" +
    "|^test/(cli/examples|stand-in/cluster|transfer/as-jobs|cluster/kubernetes/spec)",
);

/**
 * The order of the files. Those with an engine or a control plane take longest, so that they come
 * first, and short ones fill what time is left on both workers. While parts are being built it is the
 * other way round.
 */
export class Sequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const root = this.ctx.config.root;
    const needs = ({ moduleId }: TestSpecification) => needParts.test(relative(root, moduleId));
    const [slow, quick] = [sorted.filter(needs), sorted.filter((file) => !needs(file))];
    return process.env.TEST_PARTS === "building" ? [...quick, ...slow] : [...slow, ...quick];
  }
}
