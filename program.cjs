// What `pulumi` starts: index.ts, as it is. There is no build.
require("./components/node.cjs");
require("./components/step/engine.cjs")(process.env.PULUMI_NODEJS_ENGINE);
require("./components/typescript.cjs");
module.exports = require("./index.ts");
