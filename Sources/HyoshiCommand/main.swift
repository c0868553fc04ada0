print("hyoshi")
