exports.up = async (knex) => {
  await knex.schema.createTable("shelves", (table) => {
    table.increments("id");
    table.string("name").notNullable();
  });
  await knex("shelves").insert({ name: "reference" });
};

exports.down = (knex) => knex.schema.dropTable("shelves");
