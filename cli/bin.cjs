#!/usr/bin/env node
// The commands are TypeScript and run as they are: there is no build.
require("../components/typescript.cjs");
require("./index.ts");
