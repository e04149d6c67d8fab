/** Gets every local part and says what it is: `tsx tools/parts/ensure.ts`. */
import { actionlint, controlPlane, engine, helm, mongoProgram, PartError } from ".";

async function ensure(): Promise<void> {
  const pulumi = await engine({ kubernetes: true });
  const mongo = await mongoProgram();
  const kubernetes = await controlPlane();
  await helm();
  await actionlint();
  console.log(
    `parts: Pulumi ${pulumi.version} with its plugin for Kubernetes, ${mongo.name}, ` +
      `Kubernetes ${kubernetes.version}, Helm, actionlint`,
  );
}

ensure().catch((error: unknown) => {
  if (!(error instanceof PartError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
