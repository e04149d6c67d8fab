#!/usr/bin/env node
// In the repository the commands are TypeScript and run as they are: there is no build.
require("../components/node.cjs");
require("../components/typescript.cjs");
require("./index");
