import { Column, Entity, PrimaryGeneratedColumn } from "typeorm";

@Entity("boats")
export class Boat {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  name: string;
}
