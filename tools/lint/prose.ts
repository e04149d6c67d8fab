/** Checks the prose of the pages with Vale and the rules in tools/vale: `tsx tools/lint/prose.ts`. */
import { vale } from "../parts";
import { listPages } from "./pages";
import { runCheck } from "./run";

void runCheck(vale(), ["--config", "tools/vale/vale.ini", "--output", "line", ...listPages()]);
