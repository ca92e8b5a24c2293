const { DataTypes, Sequelize } = require("sequelize");

const sequelize = new Sequelize(process.env.DATABASE_URL, { dialect: "postgres", logging: false });
const Order = sequelize.define("order", { item: DataTypes.STRING }, { tableName: "orders", timestamps: false });

module.exports = { Order, sequelize };
