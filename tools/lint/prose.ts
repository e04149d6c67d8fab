/**
 * Checks the prose of the pages with Vale: `tsx tools/lint/prose.ts`. The rules are the project's own, in
 * tools/vale.
 */
import { vale } from "../parts";
import { listPages } from "./pages";
import { runCheck } from "./run";

void runCheck(vale(), ["--config", "tools/vale/vale.ini", "--output", "line", ...listPages()]);
