/** Ends this process if its Node.js is older than the project's: later errors would not say so. */
const { engines } = require("../package.json");

const numbersOf = (version) => version.match(/\d+/g).map(Number);
const [major, minor] = numbersOf(engines.node);
const [ownMajor, ownMinor] = numbersOf(process.versions.node);
if (ownMajor < major || (ownMajor === major && ownMinor < minor)) {
  console.error(
    `Node.js ${process.versions.node} is too old: ${major}.${minor} or later is needed. Nothing was changed.`,
  );
  process.exit(1);
}
