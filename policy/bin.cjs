#!/usr/bin/env node
// In the repository the pack is TypeScript and runs as it is: there is no build. The engine runs this file as it
// is too, so that a policy pack needs nothing of a language host.
require("../components/node.cjs");
require("../components/typescript.cjs");

// The library reads the pack's version here; the paths in a program's resources begin in its folder.
const program = process.cwd();
process.chdir(__dirname);
const { PolicyPack } = require("@pulumi/policy");
const { policies } = require("./rules");
new PolicyPack("taskrunner-storage", { policies });
process.chdir(program);
