/**
 * Checks the workflows: `tsx tools/lint/workflows.ts`. actionlint passes their shell to shellcheck if that is on
 * PATH.
 */
import { actionlint } from "../parts";
import { runCheck } from "./run";

void runCheck(actionlint(), []);
