print("Simulator")
