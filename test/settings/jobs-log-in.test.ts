import { expect, it } from "vitest";
import { describeProblems } from "./problems";

const job = { image: "registry.example.test/commands:1", namespace: "taskrunner" };
const problemsWith = (mechanism: string, podTemplate?: object) =>
  describeProblems({
    mongoUri: `mongodb://db.example.test/taskrunner?tls=true&authSource=$external&authMechanism=${mechanism}`,
    appMongoUri: "mongodb://web@db.example.test/taskrunner?tls=true",
    rollout: { target: "values", directory: "deploy", confirm: "none" },
    ...(podTemplate && { jobs: { ...job, podTemplate } }),
  });

it.each(["MONGODB-AWS", "MONGODB-OIDC", "MONGODB-X509"])(
  "%s is refused with jobs that could not use it, and taken without",
  (mechanism) => {
    expect(problemsWith(mechanism)).toBe("no problem");
    expect(problemsWith(mechanism, {})).toContain(`mongoUri: found authMechanism=${mechanism},`);
  },
);

it("an account or a certificate in the pod's template makes it usable, but for AWS", () => {
  const spec = { serviceAccountName: "mongo", volumes: [{ name: "certificate" }] };

  expect(problemsWith("MONGODB-OIDC", { spec })).toBe("no problem");
  expect(problemsWith("MONGODB-X509", { spec })).toBe("no problem");
  expect(problemsWith("MONGODB-AWS", { spec })).toContain("authMechanism=MONGODB-AWS,");
});
