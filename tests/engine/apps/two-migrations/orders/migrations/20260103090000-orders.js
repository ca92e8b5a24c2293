module.exports = {
  async up(queryInterface, Sequelize) {
    await queryInterface.createTable("orders", {
      id: { type: Sequelize.INTEGER, primaryKey: true, autoIncrement: true },
      item: { type: Sequelize.STRING, allowNull: false },
    });
    await queryInterface.bulkInsert("orders", [{ item: "Anchor" }]);
  },

  async down(queryInterface) {
    await queryInterface.dropTable("orders");
  },
};
