/**
 * Ends this process if its Node.js is older than the project's, or if packages are missing: later errors would not say
 * so.
 */
const { dirname } = require("node:path");
const { engines, dependencies, private: isClone } = require("../package.json");

const numbersOf = (version) => version.match(/\d+/g).map(Number);
const [major, minor] = numbersOf(engines.node);
const [ownMajor, ownMinor] = numbersOf(process.versions.node);
if (ownMajor < major || (ownMajor === major && ownMinor < minor)) {
  end(`Node.js ${process.versions.node} is too old: ${major}.${minor} or later is needed.`);
}
const missing = Object.keys(dependencies).filter((name) => !isInstalled(name));
if (missing.length > 0) {
  const advice = isClone
    ? `\`npm ci\` in ${dirname(__dirname)}`
    : "`npm install` in your project's folder";
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : "";
  end(`Packages are not installed: ${missing.slice(0, 3).join(", ")}${more}. Run ${advice} first.`);
}

function isInstalled(name) {
  try {
    require.resolve(name);
    return true;
  } catch ({ code }) {
    // Some packages let only `import` load them.
    return code !== "MODULE_NOT_FOUND";
  }
}

function end(problem) {
  console.error(`${problem} Nothing was changed.`);
  process.exit(1);
}
