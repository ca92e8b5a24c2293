import { Controller, Get, Module } from "@nestjs/common";

@Controller("health")
class HealthController {
  @Get()
  check() {
    return { ok: true };
  }
}

@Controller("rooms")
class RoomsController {
  @Get()
  all() {
    return ["attic", "cellar"];
  }
}

@Module({ controllers: [HealthController, RoomsController] })
export class AppModule {}
