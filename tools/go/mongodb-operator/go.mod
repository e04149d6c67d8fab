// The definition of MongoDBCommunity, which the tests apply; nothing is built from it.
module taskrunner-storage/tools/mongodb-operator

go 1.24

require github.com/mongodb/mongodb-kubernetes-operator v0.9.0
