/**
 * Checks the prose of the pages with Vale: `tsx tools/lint/prose.ts`. The rules are the project's own, in
 * tools/vale.
 */
import { vale } from "../parts";
import { pages } from "./pages";
import { check } from "./run";

void check(vale(), ["--config", "tools/vale/vale.ini", "--output", "line", ...pages()]);
