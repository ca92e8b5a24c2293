import { MigrationInterface, QueryRunner } from "typeorm";

export class Boats1767430800000 implements MigrationInterface {
  async up(runner: QueryRunner) {
    await runner.query(`create table boats (id serial primary key, name character varying not null)`);
    await runner.query(`insert into boats (name) values ('Esperance')`);
  }

  async down(runner: QueryRunner) {
    await runner.query(`drop table boats`);
  }
}
