-- +goose Up
create table parcels (
    id bigint generated always as identity primary key,
    recipient text not null
);
insert into parcels (recipient) values ('Ada');

-- +goose Down
drop table parcels;
