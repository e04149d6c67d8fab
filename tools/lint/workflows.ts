/**
 * Checks the workflows: `tsx tools/lint/workflows.ts`. actionlint gives the shell in them to
 * shellcheck where that is on PATH.
 */
import { actionlint } from "../parts";
import { runCheck } from "./run";

void runCheck(actionlint(), []);
