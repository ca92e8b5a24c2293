-- Up Migration
create table stock (
  id integer generated always as identity primary key,
  item text not null
);
insert into stock (item) values ('Rope');

-- Down Migration
drop table stock;
