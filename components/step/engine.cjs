const { connect } = require("node:net");

const end = () => process.exit(1);
let isWatching = false;

/**
 * Ends this process once the engine that it works for (at `HOST:PORT`) is gone, as after `kill -9`: otherwise its step
 * would continue beside the next `up`, and `@pulumi/pulumi` would report a broken pipe to that same pipe forever.
 */
module.exports = function endWithEngine(address = "") {
  // guarantee: a killed engine leaves no provider at work
  if (isWatching) return;
  isWatching = true;
  for (const pipe of [process.stdout, process.stderr]) pipe.on("error", end);
  const [host, port] = address.split(":");
  const look = () => {
    const socket = connect({ host, port }, () => socket.destroy()).unref();
    // Any other error is one of this machine, such as too many open files.
    socket.on("error", ({ code }) => code === "ECONNREFUSED" && end());
  };
  if (port) setInterval(look, 1_000).unref();
};
