import { StepGroup } from "../components/step/program";

/** An environment of a program, for components that a test creates below it. */
export class Instance extends StepGroup {
  constructor(name = "taskrunner") {
    super("TaskRunnerStorage", name);
  }
}

/** A resource's name in its environment: `pack_runs` for `taskrunner-pack_runs`. */
export const nameInInstance = (name: string) => name.replace(/^taskrunner-/, "");
