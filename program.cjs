// What `pulumi` starts: index.ts, as it is. There is no build.
require("./components/typescript.cjs");
module.exports = require("./index.ts");
