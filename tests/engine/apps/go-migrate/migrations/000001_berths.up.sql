create table berths (
    id bigint generated always as identity primary key,
    name text not null
);
insert into berths (name) values ('North pier');
