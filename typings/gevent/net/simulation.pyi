from typing import Protocol

__all__ = ("Simulation", "simulation", "simulations")

simulations: list[object]

class Simulation(Protocol): ...

def simulation() -> Simulation | None: ...
