import { errorCode } from "../components/text";
import { run } from "./run";

// As other programs do when the reader of their pipe ends, such as `head`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (errorCode(error, "") !== "EPIPE") throw error;
    process.exit();
  });
}

void run(process.argv.slice(2));
