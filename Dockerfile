# The commands as a container, such as for a Kubernetes Job, for amd64 and arm64. `make bundle` comes first.
FROM node:24.21.0-bookworm-slim
COPY dist/taskrunner-storage.cjs dist/THIRD-PARTY-NOTICES /opt/taskrunner-storage/
# By hand, quarantine.ndjson is written to the current folder.
WORKDIR /tmp
USER 1000:1000
ENTRYPOINT ["node", "/opt/taskrunner-storage/taskrunner-storage.cjs"]
