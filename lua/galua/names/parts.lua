-- What the parts of a spectrum are called in figures.
return { extinct = "stars, attenuated", stellar = "stars, intrinsic", MC = "dust in clouds", DD = "diffuse dust", warm = "warm dust in clouds", nebular = "ionised gas",
  XRB = "X-ray binaries", AGN = "active nucleus" }
