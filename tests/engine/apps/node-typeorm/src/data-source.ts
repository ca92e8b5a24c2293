import "reflect-metadata";
import { DataSource } from "typeorm";
import { Boat } from "./boat";

export default new DataSource({
  type: "postgres",
  host: process.env.DB_HOST,
  port: Number(process.env.DB_PORT ?? 5432),
  username: process.env.DB_USERNAME,
  password: process.env.DB_PASSWORD,
  database: process.env.DB_DATABASE,
  entities: [Boat],
  migrations: [__dirname + "/migrations/*.js"],
});
