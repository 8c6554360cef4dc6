-- Everything that a galaxy can be made of, for the explorer under test.
return galaxy{ sfh = sfh.delayed{ tau = 2e9, norm = 20 }, ism = ism.two_phase{}, nebular = nebular.cloudy{}, synchrotron = true, xrb = true, agn = true,
  igm = true, age = 5e9, redshift = 0.5 }
