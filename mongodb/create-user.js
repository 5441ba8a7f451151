// Run by the image of MongoDB, as root, when its volume is empty: Shoal's own user.
db.getSiblingDB("shoal").createUser({
  user: "shoal",
  pwd: process.env.MONGODB_PASSWORD,
  roles: [{ role: "readWrite", db: "shoal" }],
});
